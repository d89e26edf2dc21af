-- fact: contact_event
-- grain: one row per call, e-mail, chat, meeting or web form, and the lead, deal, contact or company that it is noted at
-- owner: none
-- key: activity_id
-- Letters and calls of ours count once they are done, meetings once they were held; what the portal does by itself
-- (messages of robots, information calls, notifications) is no contact. Where the telephony is read, a call was answered
-- if it says so (code 200 and some duration), else if the activity does. `owner_type_id` is the portal's: 1 lead, 2 deal,
-- 3 contact, 4 company.
-- What most contacts are comes first. The plus signs keep SQLite from searching by these: it is searched by one owner.
CREATE VIEW fact_contact_event (
    activity_id, owner_type_id, owner_id, at, channel, is_incoming, is_answered, seconds, manager_id
) AS
SELECT a.id, a.owner_type_id, a.owner_id, COALESCE(a.start_time, a.created),
       CASE a.provider_id WHEN 'VOXIMPLANT_CALL' THEN 'call' WHEN 'CALL_TRACKER' THEN 'call' WHEN 'CRM_EMAIL' THEN 'email'
                          WHEN 'IMOPENLINES_SESSION' THEN 'chat' WHEN 'CRM_WEBFORM' THEN 'form' ELSE 'meeting' END,
       CASE WHEN a.direction = 1 OR a.provider_id = 'IMOPENLINES_SESSION' OR a.provider_id = 'CRM_WEBFORM' THEN 1 ELSE 0 END,
       CASE WHEN a.provider_id = 'VOXIMPLANT_CALL' OR a.provider_id = 'CALL_TRACKER' THEN COALESCE((
                SELECT COALESCE(MAX(c.call_failed_code = '200' AND c.call_duration > 0), 0) FROM call AS c
                WHERE c.crm_activity_id = a.id AND c.crm_activity_id > 0 AND c.deleted_at IS NULL
                HAVING COUNT(*) > 0), COALESCE(a.result_status, 0) <> 1)
            WHEN a.provider_id = 'IMOPENLINES_SESSION' THEN COALESCE(a.result_status, 0) <> 1
            WHEN a.provider_id = 'CRM_EMAIL' OR a.provider_id = 'CRM_WEBFORM' THEN 0 ELSE 1 END,
       (SELECT SUM(CASE WHEN c.call_failed_code = '200' THEN COALESCE(c.call_duration, 0) ELSE 0 END) FROM call AS c
        WHERE c.crm_activity_id = a.id AND c.crm_activity_id > 0 AND c.deleted_at IS NULL),
       a.responsible_id
FROM activity AS a
WHERE a.deleted_at IS NULL AND +a.owner_type_id BETWEEN 1 AND 4 AND +a.owner_id > 0
  AND CASE a.provider_id WHEN 'VOXIMPLANT_CALL' THEN 1 WHEN 'CALL_TRACKER' THEN 1 WHEN 'CRM_EMAIL' THEN 1
                         WHEN 'IMOPENLINES_SESSION' THEN 1 WHEN 'CRM_WEBFORM' THEN 1
                         WHEN 'CRM_MEETING' THEN 1 WHEN 'VISIT_TRACKER' THEN 1 WHEN 'ZOOM' THEN 1 ELSE 0 END
  AND COALESCE(a.start_time, a.created) IS NOT NULL
  AND (a.direction = 1 OR a.direction = 2 AND a.completed = 1 AND COALESCE(a.author_id, a.responsible_id, 0) > 0
       OR a.provider_id = 'IMOPENLINES_SESSION' OR a.provider_id = 'CRM_WEBFORM'
       OR (a.provider_id = 'CRM_MEETING' OR a.provider_id = 'VISIT_TRACKER' OR a.provider_id = 'ZOOM')
          AND a.completed = 1 AND COALESCE(a.author_id, a.responsible_id, 0) > 0)
  AND NOT EXISTS (SELECT 1 FROM call AS c
                  WHERE c.crm_activity_id = a.id AND c.crm_activity_id > 0 AND c.deleted_at IS NULL AND c.call_type = 5);
